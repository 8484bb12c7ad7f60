"""Changed scripts are scripts."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.mutation import Mutator

STEPS = [b'1 {"type":"lookup","node_id":1}', b'+ {"type":"set_tags","node_id":1,"tags":["x"]}']
MUTATOR = Mutator(STEPS, ["1", '"x"', "[]", '"name":'])


@given(script=st.binary(max_size=200), seed=st.integers(0, 2**32), most=st.integers(0, 300))
def test_any_bytes_are_changed_within_bounds_and_the_same_way_for_a_seed(
    script: bytes, seed: int, most: int
) -> None:
    changed = MUTATOR.mutate(script, most, seed)
    assert len(changed) <= most
    assert MUTATOR.mutate(script, most, seed) == changed


def test_most_changed_steps_are_requests_still() -> None:
    changed = [MUTATOR.mutate(STEPS[1], 1000, seed) for seed in range(300)]
    steps = [step for script in changed for step in script.split(b"\n")]
    assert sum(map(_is_request, steps)) > len(steps) * 0.6


def _is_request(step: bytes) -> bool:
    try:
        return isinstance(json.loads(step.partition(b" ")[2]), dict)
    except ValueError:
        return False
