"""What operators are given beside the program: alerts, a unit, a container file, the guide."""
