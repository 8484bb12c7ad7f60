"""The benchmark: how fast a registry is, and how fast it could be.

``python -m tools.bench load`` puts load on a registry (one of its own, or any address)
and tells throughput and latencies; ``compare`` sets a registry against what the machine
can do; ``scale`` measures what many nodes and many writes cost; ``seed`` fills a data
folder. In order of reading:

- `histogram`: percentiles.
- `population`, `protocols`, `scenarios`: what is asked, as ready frames.
- `generator`: asks, in one thread.
- `processes`, `load`: servers and generators, each in a process of its own.
- `client`: one question at a time, where speed does not matter.
- `bare_server`, `bare_storage`, `publishing`: the ceilings.
- `compare`, `scale`: the measurements that have a bar to meet.
- `report`, `plot`: tables, JSON and pictures.
"""
