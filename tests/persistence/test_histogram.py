from registry.persistence import Histogram
from tests.persistence.world import World, add


class TestHistogram:
    def test_counts_a_bound_to_its_own_values(self) -> None:
        histogram = Histogram((1, 10))
        for value in (0.5, 1, 1.5, 10, 11):
            histogram.note(value)
        assert histogram.counts == [2, 2, 1]
        assert histogram.count == 5
        assert histogram.total == 24


class TestOfCommits:
    def test_has_every_operation_in_one_of_its_groups(self, world: World) -> None:
        for id_ in range(5):
            world.committer.run(add(id_))
        world.committer.close()  # what is counted after an acknowledgement is counted now
        assert world.committer.group_sizes.total == 5
        assert world.committer.group_sizes.count == world.committer.commit_seconds.count
        assert world.committer.failed_commits == 0


def test_a_committer_is_alive_until_it_is_closed(world: World) -> None:
    assert world.committer.is_alive
    world.committer.close()
    assert not world.committer.is_alive
