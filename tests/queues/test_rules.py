"""Which line a new conversation belongs to, and how soon: `queues.rules`."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.rules import Matter, Route, head_start, meets, route, says
from router.ids import LineId
from router.queueing import CrmCondition, Hours, Priority, Rule

RETAIL, WHOLESALE = (LineId(UUID(int=n)) for n in (1, 2))
NO_PRIORITY = Priority()
LARGE = CrmCondition("turnover", ">=", 1_000_000)

words = st.lists(st.text(max_size=12), max_size=4).map(tuple)
names = st.sampled_from(["vip", "ru", "en", "telegram", "email"])
few = st.lists(names, max_size=2).map(tuple)
conditions = st.builds(
    CrmCondition,
    st.sampled_from(["turnover", "city"]),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "has"]),
    st.one_of(st.text(max_size=8), st.integers(), st.floats(allow_nan=False)),
)
rules = st.builds(
    Rule,
    st.text(min_size=1, max_size=5),
    channels=few,
    tiers=few,
    languages=few,
    words=words,
    sources=words,
    crm=st.lists(conditions, max_size=2).map(tuple),
    hours=st.sampled_from(Hours),
    to_line=st.none() | st.just(RETAIL),
    head_start_s=st.integers(-600, 600),
    active=st.booleans(),
)
records = st.dictionaries(
    st.sampled_from(["turnover", "city"]),
    st.one_of(st.none(), st.text(max_size=8), st.integers(), st.lists(st.text(max_size=4))),
)
matters = st.builds(
    Matter,
    names,
    text=st.text(max_size=40),
    tier=st.none() | names,
    language=st.none() | names,
    sources=words,
    crm=st.none() | records,
    open_now=st.booleans(),
)


# --- what settles it ----------------------------------------------------------


def test_conversation_stays_where_no_rule_holds() -> None:
    rule = Rule("wholesale", tiers=("partner",), to_line=WHOLESALE)
    assert route([rule], NO_PRIORITY, Matter("email")) == Route(0)


def test_first_rule_that_holds_settles_it() -> None:
    first = Rule("partners", tiers=("partner",), to_line=WHOLESALE)
    second = Rule("everybody", to_line=RETAIL)
    matter = Matter("email", tier="partner")
    assert route([first, second], NO_PRIORITY, matter) == Route(
        0, to_line=WHOLESALE, rule="partners"
    )


def test_rule_that_is_switched_off_settles_nothing() -> None:
    rule = Rule("everybody", to_line=RETAIL, active=False)
    assert route([rule], NO_PRIORITY, Matter("email")) == Route(0)


def test_rule_needs_all_that_it_names() -> None:
    rule = Rule("german mail", channels=("email",), languages=("de",), to_line=RETAIL)
    assert route([rule], NO_PRIORITY, Matter("email", language="en")) == Route(0)
    there = route([rule], NO_PRIORITY, Matter("email", language="de"))
    assert there is not None
    assert there.to_line == RETAIL


def test_rule_for_closed_hours_rests_while_open() -> None:
    rule = Rule("night", hours=Hours.CLOSED, to_line=RETAIL)
    assert route([rule], NO_PRIORITY, Matter("email", open_now=True)) == Route(0)
    assert route([rule], NO_PRIORITY, Matter("email", open_now=False)) == Route(
        0, to_line=RETAIL, rule="night"
    )


def test_rule_by_source_finds_a_campaign_in_the_address_of_the_first_page() -> None:
    rule = Rule("spring", sources=("utm_campaign=spring",), head_start_s=60)
    came = ("https://shop.test/?utm_source=ads&UTM_CAMPAIGN=Spring",)
    assert route([rule], NO_PRIORITY, Matter("webchat", sources=came)) == Route(60, rule="spring")


def test_head_starts_of_line_tier_channel_and_rule_add_up() -> None:
    priority = Priority(line_s=10, by_tier_s={"vip": 100}, by_channel_s={"telegram": 1_000})
    rule = Rule("urgent", words=("urgent",), head_start_s=10_000)
    matter = Matter("telegram", tier="vip", text="It is URGENT!")
    assert route([rule], priority, matter) == Route(11_110, rule="urgent")
    assert head_start(priority, Matter("email")) == 10


# --- words ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Хочу ВОЗВРАТ денег", "возврат"),
        ("о возвратах", "возврат*"),
        ("Ещё не пришло", "еще"),
        ("where is  my\norder?", "my order"),
        ("refund!", "refund"),
    ],
)
def test_text_has_a_word_whatever_its_case_and_spacing(text: str, word: str) -> None:
    assert says(text, (word,))


@pytest.mark.parametrize(
    ("text", "word"),
    [("о возвратах", "возврат"), ("prefund", "refund*"), ("order my", "my order"), ("any", "*")],
)
def test_part_of_a_word_is_not_the_word(text: str, word: str) -> None:
    assert not says(text, (word,))


def test_word_of_signs_is_no_pattern() -> None:
    assert says("c++ (beta)", ("(beta)",))
    assert not says("beta", ("b.ta",))


# --- what the CRM knows ----------------------------------------------------------


def test_large_buyer_goes_to_wholesale() -> None:
    rule = Rule("wholesale", crm=(LARGE,), to_line=WHOLESALE)
    matter = Matter("email", crm={"turnover": "1 200 000,50"})
    assert route([rule], NO_PRIORITY, matter) == Route(0, to_line=WHOLESALE, rule="wholesale")


def test_rule_on_the_crm_waits_for_its_answer() -> None:
    rule = Rule("wholesale", crm=(LARGE,), to_line=WHOLESALE)
    assert route([rule], NO_PRIORITY, Matter("email", crm=None)) is None
    assert route([rule], NO_PRIORITY, Matter("email", crm={})) == Route(0)


def test_rule_that_holds_before_needs_no_answer() -> None:
    first = Rule("mail", channels=("email",), to_line=RETAIL)
    second = Rule("wholesale", crm=(LARGE,), to_line=WHOLESALE)
    assert route([first, second], NO_PRIORITY, Matter("email", crm=None)) == Route(
        0, to_line=RETAIL, rule="mail"
    )


def test_rule_on_the_crm_that_fails_otherwise_waits_for_nothing() -> None:
    rule = Rule("wholesale", channels=("sms",), crm=(LARGE,), to_line=WHOLESALE)
    assert route([rule], NO_PRIORITY, Matter("email", crm=None)) == Route(0)


@pytest.mark.parametrize(
    ("there", "op", "asked", "holds"),
    [
        (1_200_000, ">=", 1_000_000, True),
        ("1200000.00|RUB", ">", "1 000 000", True),
        ("999 999,99", ">=", 1_000_000, False),
        ("Moscow", "=", "moscow", True),
        ("Moscow", "!=", "Kazan", True),
        ("Moscow", "<", 5, False),
        (["retail", "Partner"], "has", "partner", True),
        ("Big Partner Ltd", "has", "partner", True),
        (["retail"], "has", "partner", False),
        (None, "!=", "partner", True),
        (None, "=", "partner", False),
        ("", "has", "partner", False),
        (7, "like", 7, False),
    ],
)
def test_field_is_compared_as_people_mean_it(
    there: object, op: str, asked: str | float, *, holds: bool
) -> None:
    assert meets(CrmCondition("field", op, asked), {"field": there}) is holds


# --- always ----------------------------------------------------------------------


@given(st.lists(rules, max_size=5), matters)
def test_same_matter_is_routed_the_same_and_ends_once_the_crm_answered(
    some: list[Rule], matter: Matter
) -> None:
    first = route(some, NO_PRIORITY, matter)
    assert route(some, NO_PRIORITY, matter) == first
    assert first is not None or matter.crm is None


@given(st.lists(rules, max_size=5), matters)
def test_rules_behind_the_one_that_settles_it_do_not_count(
    some: list[Rule], matter: Matter
) -> None:
    found = route(some, NO_PRIORITY, matter)
    if found is None or found.rule is None:
        return
    place = next(
        number
        for number in range(len(some))
        if route(some[: number + 1], NO_PRIORITY, matter) == found
    )
    assert some[place].name == found.rule
