"""What the bus counts for those who look at it."""

from functools import partial

from registry.events import Event, InProcessBus, Projection


def test_every_published_event_is_counted_once() -> None:
    bus = InProcessBus()
    bus.publish(Event("test", "a"))  # nobody hears it
    bus.subscribe("a")  # routes are found anew
    bus.subscribe("*")
    bus.publish(Event("test", "a"))
    bus.publish(Event("test", "b"))
    assert bus.published == {"a": 2, "b": 1}
    bus.publish(Event("test", "b"))
    assert bus.published == {"a": 2, "b": 2}


def test_open_subscriptions_are_listed_once() -> None:
    bus = InProcessBus()
    kept = bus.subscribe("a", "b")
    with bus.subscribe("a"):
        assert len(bus.subscriptions) == 2
    assert bus.subscriptions == [kept]


def test_drops_are_counted_by_type() -> None:
    bus = InProcessBus(1)
    subscription = bus.subscribe("*")
    for type_ in ("a", "a", "b", "a"):
        bus.publish(Event("test", type_))
    assert subscription.dropped_of == {"a": 2, "b": 1}
    assert subscription.dropped == 3


class Model:
    def apply(self, event: Event) -> None: ...

    def rebuild(self) -> int:
        return 0


def test_a_subscription_says_whom_it_serves() -> None:
    bus = InProcessBus()
    assert bus.subscribe("a", "b.*").name == "a,b.*"
    model = Model()
    projection = Projection(bus, ("a",), apply=model.apply, rebuild=model.rebuild)
    assert {subscription.name for subscription in bus.subscriptions} >= {"Model"}
    assert not projection.is_built
    projection.catch_up()
    assert projection.is_built


def test_a_projection_may_apply_by_anything_that_can_be_called() -> None:
    bus = InProcessBus()
    model = Model()
    apply = partial(Model.apply, model)
    assert Projection(bus, ("a",), apply=apply, rebuild=model.rebuild).name == "partial"
