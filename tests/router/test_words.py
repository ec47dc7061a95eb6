"""What is found by which words: `router.words`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.words import TOKEN_CHARS, excerpt, has, is_beginning, sought_in, tokens_of, words_of

PHONE = "+79261234567"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Ольга Ёлкина", "елкин"),
        ("ольга елкина", "ЁЛКИНА"),
        ("Где моя доставка?", "доставку"),
        ("Спасибо за доставки", "доставка"),
        ("Заказ № 12345", "заказы 123"),
        ("Ivan Petrov", "petr IVAN"),
        ("olga.p@example.com", "olga.p@example.com"),
        ("olga.p@example.com", "example"),
        ("2 шт", "2"),
        ("on 2024-11-05", "2024-11-05"),
        (PHONE, "8 (926) 123-45-67"),
        (PHONE, "+7 926 123-45-67"),
        (PHONE, "926123"),
        (PHONE, "8 926 123"),
        (PHONE, "123-45-67"),
        (PHONE, "4567"),
        ("мой номер 8 (926) 123-45-67, жду", PHONE),
    ],
)
def test_a_text_is_found(text: str, asked: str) -> None:
    assert has(words_of(text), sought_in(asked))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Anna", "nna"),
        ("Anna", "anna boris"),
        ("Anna", "a"),
        ("Мир", "мирный"),
        (PHONE, "+7 926 123-45-68"),
        (PHONE, "567"),
    ],
)
def test_a_text_is_not_found(text: str, asked: str) -> None:
    assert not has(words_of(text), sought_in(asked))


def test_where_no_word_is_nothing_is_sought() -> None:
    assert not sought_in(" ?! ")
    assert words_of("", "…") == ()


def test_an_excerpt_begins_a_little_before_the_word() -> None:
    text = "one two three four five six seven eight nine ten eleven teapot twelve"
    assert excerpt(text, sought_in("teapots teapot")).startswith("… ")
    assert "teapot" in excerpt(text, sought_in("teapot"))[:60]
    assert excerpt("A teapot", sought_in("teapot")) == "A teapot"
    assert excerpt("8 926 123-45-67", sought_in(PHONE)) == "8 926 123-45-67"


letters = st.text(st.sampled_from("абвеёжaбcde1289 -().+_"), max_size=30)


@given(letters, letters)
def test_whatever_has_the_words_has_the_tokens(text: str, asked: str) -> None:
    """An index that is asked for tokens misses nothing."""
    words, sought = words_of(text), sought_in(asked)
    tokens = tokens_of(words, mark="!")
    assert all(len(one) <= TOKEN_CHARS for one in tokens)
    if has(words, sought):
        for group in sought.groups:
            assert any(all(_held(tokens, one) for one in alternative) for alternative in group)


def _held(tokens: tuple[str, ...], word: str) -> bool:
    (token,) = tokens_of((word,), mark="!")
    if is_beginning(token):
        return any(one.startswith(token) for one in tokens)
    return token in tokens


@given(letters)
def test_every_text_is_found_by_its_own_words(text: str) -> None:
    for word in words_of(text):
        assert has(words_of(text), sought_in(word))
