"""Is a challenger worse? What is noise, and what never is."""

from nlp.compare import Message, compare, scored
from nlp.evaluate import Scored
from nlp.intents import Intent
from nlp.understanding import Context, Scope, Understanding

STOP, OTHER = (Intent.UNSUBSCRIBE,), (Intent.OTHER,)


def row(number: int, read: tuple[Intent, ...] = STOP, wanted: tuple[Intent, ...] = STOP, *, held: bool = True,
        families: int = 1000) -> Scored:
    said = Understanding(read, 0.5, {}, Scope(), "en", abstained="unsure" if held else None)
    return Scored(f"f{number % families}", "en", False, (), frozenset(wanted), said)


def test_the_same_is_not_worse() -> None:
    rows = [row(number, STOP if number % 3 else OTHER) for number in range(60)]
    found = compare(rows, rows)
    assert (found.faults, found.gain.value, found.gain.low, found.gain.high) == ((), 0.0, 0.0, 0.0)
    assert found.messages == 60


def test_a_few_fewer_are_noise_and_many_are_not() -> None:
    champion = [row(number) for number in range(200)]
    few = [row(0, OTHER), *champion[1:]]
    mixed = [row(number, OTHER if number < 5 else STOP) for number in range(200)]
    before = [row(number, OTHER if 5 <= number < 9 else STOP) for number in range(200)]
    many = [row(number, OTHER if number < 20 else STOP) for number in range(200)]
    assert not compare(champion, few).faults
    assert not compare(before, mixed).faults
    assert "10.0% fewer messages" in compare(champion, many).faults[0]


def test_one_wording_said_often_counts_as_one() -> None:
    champion = [row(number, families=4) for number in range(200)]
    one_family = [row(number, OTHER if number % 4 == 0 else STOP, families=4) for number in range(200)]
    assert not compare(champion, one_family).faults


def test_a_false_grant_and_a_wrong_deed_are_never_noise() -> None:
    champion = [row(number, held=False) for number in range(200)]
    grant = [*champion[1:], row(0, (Intent.GRANT,), held=False)]
    assert any("grants that are none" in fault for fault in compare(champion, grant).faults)
    passed = [*champion[1:], row(0, OTHER, held=False)]
    assert compare(champion, passed).faults == ("1 automatic readings are wrong, 0 with the model in use",)
    assert not compare(champion, [*champion[1:], row(0, OTHER, held=True)]).faults, "a person reads it"


def test_nothing_compared_is_nothing_said() -> None:
    assert compare([], []).faults == ()


def test_messages_are_read_in_batches_and_stay_in_order() -> None:
    sizes: list[int] = []

    def many(texts: object) -> list[Understanding]:
        assert isinstance(texts, list)
        sizes.append(len(texts))
        return [Understanding(STOP if "7" in text else OTHER, 1.0, {}, Scope(), "en") for text, _ in texts]

    messages = [Message("f", f"{number} " + "word " * (121 * (number == 3)), Context(), frozenset(STOP), "en")
                for number in range(100)]
    rows = scored(many, messages)
    assert sizes == [64, 36]
    assert [at for at, each in enumerate(rows) if each.right] == [at for at in range(100) if "7" in str(at)]
    assert [at for at, each in enumerate(rows) if each.long] == [3]
