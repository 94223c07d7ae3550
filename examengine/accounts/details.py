"""What a person's details may be, and what words for them mean (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping

from examengine.accounts.permissions import ROLES
from examengine.core.i18n import N_, Message

USERNAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
LONGEST_NAME, LONGEST_EMAIL, LONGEST_TEAM = 80, 200, 80

_ROLE_WORDS = {
    "operator": "operator operators agent 话务员 坐席 座席 客服 考生 员工",
    "grader": "grader graders marker 阅卷人 阅卷员 阅卷 评分员 评卷人 评卷员",
    "trainer": "trainer trainers author 培训师 讲师 培训员 出题人",
    "manager": "manager managers 经理 主管 管理者",
    "administrator": "administrator administrators admin 系统管理员 管理员",
}
_LANGUAGE_WORDS = {"zh": "zh chinese 中文 汉语 简体中文 zh-cn zh-hans", "en": "en english 英文 英语 en-gb en-us"}
_BETWEEN = re.compile(r"[\s,;/|+，；、／｜＋]+")


def _meanings(words: Mapping[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, several in words.items() for word in several.split()}


_ROLES, _LANGUAGES = _meanings(_ROLE_WORDS), _meanings(_LANGUAGE_WORDS)


def folded(text: str) -> str:
    """Full-width digits and letters as plain ones, without space around."""
    return unicodedata.normalize("NFKC", text).strip()


def read_roles(text: str) -> tuple[frozenset[str], list[str]]:
    """The roles that a cell names (in either language), and its words that name none."""
    words = [word for word in _BETWEEN.split(folded(text)) if word]
    known = {word: _ROLES.get(word.casefold(), "") for word in words}
    return frozenset(role for role in known.values() if role), [word for word, role in known.items() if not role]


def read_language(text: str) -> str | None:
    """The language that a cell names, if it is one of ours."""
    return _LANGUAGES.get(folded(text).casefold())


def username_problem(username: str) -> Message | None:
    """What is wrong with an employee number."""
    if USERNAME.fullmatch(username):
        return None
    text = N_("The employee number “%(name)s” may have letters, digits, . _ and - only.")
    return Message(text, {"name": username[:60]})


def name_problem(name: str) -> Message | None:
    """What is wrong with a name."""
    return None if 0 < len(name.strip()) <= LONGEST_NAME else Message(N_("A name of 1 to 80 characters is needed."))


def email_problem(email: str) -> Message | None:
    """What is wrong with a mail address that was given."""
    if len(email) <= LONGEST_EMAIL and EMAIL.fullmatch(email):
        return None
    return Message(N_("“%(text)s” is no e-mail address."), {"text": email[:60]})


def team_problem(team: str) -> Message | None:
    """What is wrong with a team's name."""
    if 0 < len(team.strip()) <= LONGEST_TEAM:
        return None
    return Message(N_("A team's name has 1 to 80 characters."))


def roles_problem(roles: Collection[str]) -> Message | None:
    """What is wrong with a choice of roles."""
    for role in roles:
        if role not in ROLES:
            return Message(N_("There is no role “%(role)s”."), {"role": role[:40]})
    return None if roles else Message(N_("At least one role is needed."))
