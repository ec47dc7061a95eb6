"""What a conversation becomes in a CRM: `crm_sync.mapping`."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync.crm import CrmRef, EntryKind, Person, TimelineEntry
from crm_sync.mapping import (
    Placed,
    Talk,
    cut,
    digest,
    end,
    first_post,
    joined,
    lead,
    lines_with_leads,
    owner,
    person,
    placed,
    source,
)
from router.ids import (
    ConversationId,
    CustomerId,
    FileId,
    InboxId,
    LeadId,
    LineId,
    MessageId,
    OperatorId,
    ThreadId,
)
from router.model import (
    Author,
    Contact,
    ContactKind,
    Conversation,
    Customer,
    File,
    FileState,
    LeadWhen,
    Line,
    Message,
    State,
)
from router.news import Mark
from router.storage.crm import Position
from tests.clock import NOON

SHOP = Line(LineId(UUID(int=1)), "shop", "Shop", language="en")
SUPPORT = LineId(UUID(int=2))
ANNA, BORIS = OperatorId(UUID(int=3)), OperatorId(UUID(int=4))
VERA = Customer(CustomerId(UUID(int=5)), NOON, name="Vera")
PHONE = Contact(ContactKind.PHONE, "+79001234567")
EMAIL = Contact(ContactKind.EMAIL, "vera@example.com", proven=True)
CONVERSATION = Conversation(
    id=ConversationId(UUID(int=6)),
    thread_id=ThreadId(UUID(int=7)),
    line_id=SHOP.id,
    inbox_id=InboxId(UUID(int=8)),
    customer_id=VERA.id,
    channel="webchat",
    title="Vera",
    state=State.OPEN,
    version=1,
    opened_at=NOON,
    rank_at=NOON,
    last_activity_at=NOON,
    first_seq=1,
    last_seq=9,
)


def said(
    seq: int, text: str = "Hello", *, author: Author = Author.CUSTOMER, **more: object
) -> Message:
    at = NOON + timedelta(minutes=seq)
    message = Message(
        id=MessageId(UUID(int=100 + seq)),
        thread_id=CONVERSATION.thread_id,
        conversation_id=CONVERSATION.id,
        seq=seq,
        author=author,
        text=text,
        sent_at=at,
        stored_at=at,
        operator_id=ANNA if author is Author.OPERATOR else None,
    )
    return replace(message, **more)  # type: ignore[arg-type]


def turn(id_: int, event: str, *, after: int = 0, **more: object) -> Mark:
    fields = {"operator_id": ANNA, **more}
    return Mark(id_, CONVERSATION.id, after, event, NOON, **fields)  # type: ignore[arg-type]


def talk(*items: Message | Mark, customer: Customer = VERA, line: Line = SHOP) -> Talk:
    return Talk(
        conversation=CONVERSATION,
        line=line,
        customer=customer,
        messages=[one for one in items if isinstance(one, Message)],
        marks=[one for one in items if isinstance(one, Mark)],
        operators={ANNA: "Anna", BORIS: "Boris"},
        lines={SHOP.id: "Shop", SUPPORT: "Support"},
    )


def logged(*items: Message | Mark, line: Line = SHOP) -> list[tuple[str, str]]:
    """The author and the text of each entry."""
    found = placed(talk(*items, line=line), Position(), max_chars=10_000)
    return [(one.entry.author, one.entry.text) for one in found]


# --- leads and persons --------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead_when", "contacts", "leads"),
    [
        (LeadWhen.CONTACT, (), False),
        (LeadWhen.CONTACT, (PHONE,), True),
        (LeadWhen.CONTACT, (EMAIL,), True),
        (LeadWhen.AT_ONCE, (), True),
    ],
)
def test_a_visitor_becomes_a_lead_by_a_contact_or_at_once(
    lead_when: LeadWhen, contacts: tuple[Contact, ...], leads: bool
) -> None:
    line, customer = replace(SHOP, lead_when=lead_when), replace(VERA, contacts=contacts)
    assert lines_with_leads([line], customer) == ({line.id} if leads else set())


def test_what_a_customer_only_says_stays_marked_so() -> None:
    known = person(replace(VERA, contacts=(PHONE, EMAIL)), ())
    assert (known.said, known.proven) == ((PHONE,), (EMAIL,))


def test_a_proof_changes_what_is_written_and_an_order_does_not() -> None:
    one, other = Person(VERA.id, "Vera", (PHONE, EMAIL)), Person(VERA.id, "Vera", (EMAIL, PHONE))
    assert digest(one) == digest(other)
    assert digest(one) != digest(replace(one, contacts=(replace(PHONE, proven=True), EMAIL)))


@pytest.mark.parametrize(
    ("name", "contacts", "title"),
    [
        ("Vera", (PHONE,), "Vera · Shop"),
        ("", (PHONE,), "+79001234567 · Shop"),
        ("", (), "Visitor · Shop"),
    ],
)
def test_a_lead_is_called_after_its_person_and_line(
    name: str, contacts: tuple[Contact, ...], title: str
) -> None:
    customer = replace(VERA, name=name, contacts=contacts)
    made = lead(
        LeadId(UUID(int=9)),
        talk(customer=customer),
        of=CrmRef("person", "1"),
        owner=None,
        page="",
        landing="",
    )
    assert made.title == title


def test_a_lead_knows_its_page_and_campaign_and_no_secrets_of_the_page() -> None:
    landing = "https://shop.example/?utm_source=ads&utm_term=&utm_campaign=may&token=secret#top"
    page = "https://shop.example/cart?token=secret#top"
    found = source("webchat", SHOP, page=page, landing=landing)
    assert found.text() == "webchat · Shop · https://shop.example/cart"
    assert found.utm == {"source": "ads", "campaign": "may"}


@pytest.mark.parametrize("url", ["", "no address", "http://[", "https://user:pass@shop.example/"])
def test_a_strange_page_harms_nothing(url: str) -> None:
    found = source("webchat", SHOP, page=url, landing=url)
    assert "pass" not in found.text()
    assert found.utm == {}


def test_the_lead_goes_to_who_has_the_conversation_or_had_it_last() -> None:
    assert owner(talk()) is None
    assert owner(talk(turn(1, "ConversationAssigned"))) == ANNA
    held = replace(CONVERSATION, owner_id=BORIS)
    assert owner(replace(talk(turn(1, "ConversationAssigned")), conversation=held)) == BORIS


# --- the timeline -------------------------------------------------------------------


def test_messages_say_who_said_what_with_which_files() -> None:
    photo = File(FileId(UUID(int=10)), "cat.jpg", "image/jpeg", 10, FileState.STORED)
    messages = [
        said(1, "Where is it?", files=(photo,)),
        said(2, "On its way", author=Author.OPERATOR),
        said(3, "Thank you for waiting", author=Author.DESK),
        said(4, "secret", deleted_at=NOON),
    ]
    assert logged(*messages) == [
        ("Vera", "Where is it?"),
        ("Anna", "On its way"),
        ("Shop", "Thank you for waiting"),
        ("Vera", "(message withdrawn)"),
    ]
    assert placed(talk(*messages), Position(), max_chars=999)[0].entry.file_names == ("cat.jpg",)


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (turn(1, "ConversationAssigned", reason="auto"), "The conversation is with Anna"),
        (turn(1, "ConversationTransferred", to_operator_id=BORIS), "Transferred: Anna → Boris"),
        (
            turn(1, "ConversationTransferred", to_line_id=SUPPORT),
            "Transferred to the line “Support”: Anna",
        ),
        (turn(1, "ConversationReopened"), "The conversation was reopened"),
        (turn(1, "ConversationClosed"), "The conversation was closed"),
        (turn(1, "ConversationClosed", reason="sold"), "The conversation was closed: sold"),
    ],
)
def test_turns_are_told(mark: Mark, text: str) -> None:
    assert logged(mark) == [("", text)]


@pytest.mark.parametrize(
    "mark",
    [
        turn(1, "ConversationAssigned", reason="transferred"),
        turn(1, "ConversationOpened"),
        turn(1, "ConversationSnoozed"),
        turn(1, "OperatorJoined"),
    ],
)
def test_other_turns_are_not(mark: Mark) -> None:
    assert logged(mark) == []
    assert end(talk(mark), Position()).event_id == 1


def test_a_turn_stands_after_the_message_it_came_after() -> None:
    items: list[Message | Mark] = [said(1, "one"), said(2, "two")]
    items.append(turn(7, "ConversationAssigned", after=1))
    texts = [text for _, text in logged(*items)]
    assert texts == ["one", "The conversation is with Anna", "two"]


def test_the_log_speaks_the_language_of_its_line() -> None:
    russian = replace(SHOP, language="ru")
    assert logged(turn(1, "ConversationAssigned"), line=russian) == [("", "Диалог ведёт Anna")]


# --- properties -----------------------------------------------------------------------

texts = st.text(max_size=900)
kinds = st.sampled_from(["ConversationAssigned", "ConversationClosed", "OperatorJoined"])


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    messages = [said(seq, draw(texts)) for seq in range(1, draw(st.integers(0, 6)) + 1)]
    places = sorted(draw(st.lists(st.integers(0, len(messages)), max_size=4)))
    marks = [turn(id_, draw(kinds), after=after) for id_, after in enumerate(places, start=1)]
    return talk(*messages, *marks)


def posts(of: Talk, *, max_chars: int) -> list[list[Placed]]:
    """All posts, each step reading what the one before has left."""
    found, here = [], Position()
    while post := first_post(
        placed(rest(of, here), here, max_chars=max_chars), max_chars=max_chars, ends_with=None
    ):
        found.append(post)
        here = post[-1].then
    return found


def rest(of: Talk, here: Position) -> Talk:
    """What is read of a conversation from a position on."""
    return replace(
        of,
        messages=[one for one in of.messages if one.seq > here.seq],
        marks=[one for one in of.marks if one.id > here.event_id],
    )


@given(talks(), st.integers(300, 2_000))
def test_posts_hold_everything_once_in_order_and_fit(of: Talk, max_chars: int) -> None:
    whole = [one.entry for one in placed(of, Position(), max_chars=max_chars)]
    made = posts(of, max_chars=max_chars)
    assert [one.entry for post in made for one in post] == whole
    assert len({entry.key for entry in whole}) == len(whole)
    for post in made:
        assert len(joined([one.entry for one in post])) <= max_chars


@given(talks(), st.integers(300, 2_000), st.data())
def test_a_log_goes_on_from_wherever_it_stopped(
    of: Talk, max_chars: int, data: st.DataObject
) -> None:
    whole = placed(of, Position(), max_chars=max_chars)
    if whole:
        done = data.draw(st.integers(0, len(whole) - 1))
        here = whole[done].then
        assert placed(rest(of, here), here, max_chars=max_chars) == whole[done + 1 :]


@given(talks(), st.data())
def test_a_post_that_may_have_been_made_is_made_the_same(of: Talk, data: st.DataObject) -> None:
    waiting = placed(of, Position(), max_chars=10_000)
    if waiting:
        asked = data.draw(st.sampled_from([one.entry.key for one in waiting]))
        post = first_post(waiting, max_chars=10_000, ends_with=asked)
        assert post[-1].entry.key == asked


@given(st.text(max_size=5_000), st.integers(300, 2_000))
def test_a_cut_text_loses_nothing(text: str, max_chars: int) -> None:
    entry = TimelineEntry("message:1", EntryKind.MESSAGE, "Vera", text, NOON, file_names=("a.txt",))
    parts = cut(entry, max_chars=max_chars)
    assert "".join(part.text for part in parts) == text
    assert [part.file_names for part in parts][-1] == ("a.txt",)
    assert parts[0].key == entry.key
