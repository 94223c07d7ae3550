"""Wording: what is found, and above all what is left alone, in sentences as operators' trainers write them."""

from __future__ import annotations

import pytest

from examengine.bank import wording


@pytest.mark.parametrize(
    "option",
    [
        "以上都是",
        "以上皆非",
        "以上都不对。",
        "以上选项均正确",
        "上述说法都对",
        "以上三项都是",
        "都不对",
        "都是",
        "全部正确",
        "没有一项正确",
        "A和B都对",
        "A、B、C都正确",
        "All of the above",
        "None of the above.",
        "all of these",
        "None of these answers is correct",
        "Neither of the above",
        "Both A and B",
        "A and C",
    ],
)
def test_all_or_none_of_the_above(option: str) -> None:
    assert wording.is_catch_all(option)


@pytest.mark.parametrize(
    "option",
    [
        "以上内容均需告知客户",
        "以上三项都要先向客户核对",
        "都不对客户承诺具体时间",
        "全部退还客户",
        "两笔都是漫游费，可以一并退还",
        "没有正确的证件就不办理",
        "A面向上插入卡槽",
        "All of the customer's numbers",
        "None of her data leaves the room",
        "Both parties stay on the line",
        "Above 30 yuan the team leader decides",
        "All calls are recorded",
        "",
    ],
)
def test_content_that_begins_like_it(option: str) -> None:
    assert not wording.is_catch_all(option)


@pytest.mark.parametrize(
    ("stem", "word"),
    [
        ("下列来电中，哪一项不应登记为投诉？", "不应"),
        ("<p>话务员的哪些做法不符合手册？</p>", "不符合"),
        ("以下关于携号转网的说法，错误的是", "错误"),
        ("下列说法中不正确的是（　）", "不正确"),
        ("下列哪项不属于客户隐私？", "不属于"),
        ("哪一句说法有误？", "有误"),
        ("除了姓名以外，哪一项可以念给客户听？", "除了"),
        ("接到诈骗举报时，话务员不应做什么？", "不应"),
        ("Which of these is not a complaint?", "not"),
        ("Which reply doesn't follow the handbook?", "doesn't"),
        ("Which step should never be skipped?", "never"),
        ("Which statement is false?", "false"),
        ("Which reply is least likely to calm him down?", "least"),
        ("All of these belong on the ticket except:", "except"),
        ("When the caller is angry, which reply should you not give?", "not"),
        ("What must you never ask for?", "never"),
        ("What may not be told to a third party?", "not"),
    ],
)
def test_a_negation_that_nobody_stresses(stem: str, word: str) -> None:
    assert wording.hidden_negation(stem) == word


@pytest.mark.parametrize(
    "stem",
    [
        "下列来电中，哪一项<strong>不</strong>应登记为投诉？",
        "<p>话务员的哪些做法<em>不符合</em>手册？</p>",
        "以下说法<u>错误</u>的是",
        "下列说法中【不正确】的是",
        "Which of these is <strong>not</strong> a complaint?",
        "Which of these is NOT a complaint?",
        "All of these belong on the ticket <em>except</em>:",
    ],
)
def test_a_stressed_negation(stem: str) -> None:
    assert wording.hidden_negation(stem) == ""


@pytest.mark.parametrize(
    "stem",
    [
        "客户不能提供服务密码时，哪一项做法正确？",
        "客户不满意，要求投诉。话务员首先应做什么？",
        "对不愿提供证件的客户，应选哪种核验方式？",
        "下面这张工单为什么不能结案？",
        "以下哪一句最能让不满的客户平静下来？",
        "关于不限量套餐，下列说法正确的是",
        "不会使用App的客户，最合适的做法是",
        "下面哪一种情况属于不可抗力？",
        "对照说“不”的三步，话务员漏了什么？",
        "话务员不得不转接时，下列哪一步在先？",
        "<blockquote><p>客户：“哪有不能退的道理？”</p></blockquote><p>最合适的回应是哪一句？</p>",
        "Which step comes first when the caller is not the account holder?",
        "The caller does not know the password. Which check is right?",
        "Which fee is due if the line was not used?",
        "What is the reason the SIM is not recognised?",
        "Which alarm reports a false ring?",
        "At which level must at least two people decide?",
        "What do you do when you cannot find the ticket?",
        "<table><tr><td>not paid</td></tr></table><p>Which form does she need?</p>",
        "",
    ],
)
def test_a_negation_that_belongs_to_the_case(stem: str) -> None:
    assert wording.hidden_negation(stem) == ""


@pytest.mark.parametrize(
    "option", ["客户一定会满意", "绝对不能转接", "任何时候都要先道歉", "Always apologise first", "It is never refunded"]
)
def test_an_absolute_claim(option: str) -> None:
    assert wording.is_absolute(option)


@pytest.mark.parametrize(
    "option",
    ["给客户一定的补偿", "客户不一定满意", "在一定期限内答复", "Never mind, we will call back", "nevertheless"],
)
def test_words_that_only_look_absolute(option: str) -> None:
    assert not wording.is_absolute(option)
