"""The demo's invented company, in two languages: people, answers to essays, the exam that it sits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Company:
    """Who works there, and what they write."""

    operators: tuple[tuple[str, str, str], ...]
    """Employee number, name, team."""
    staff: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Employee number, name, roles."""
    exam: str
    """A file of question_banks/."""
    sitting: str
    """Its title, with {year}, {month} and {name} of the month."""
    blanks: tuple[str, ...]
    essays: tuple[str, ...]
    comma: str
    stop: str


CHINESE = Company(
    operators=(
        ("2001", "陈思敏", "华东一班"),
        ("2002", "李文博", "华东一班"),
        ("2003", "王雅婷", "华东一班"),
        ("2004", "张子豪", "华东一班"),
        ("2005", "刘佳怡", "华东一班"),
        ("2006", "赵一鸣", "华东一班"),
        ("2007", "孙悦", "国际二班"),
        ("2008", "周建国", "国际二班"),
        ("2009", "吴晓燕", "国际二班"),
        ("2010", "Emma Clarke", "国际二班"),
        ("2011", "Daniel Reyes", "国际二班"),
        ("2012", "郑雨桐", "国际二班"),
    ),
    staff=(
        ("3001", "林美华", ("grader",)),
        ("3002", "马克", ("grader",)),
        ("3003", "何静", ("grader",)),
        ("3004", "Ada Lindqvist", ("grader",)),
        ("4001", "安娜", ("trainer",)),
        ("4002", "胡志远", ("trainer",)),
        ("5001", "高经理", ("manager",)),
        ("9001", "系统管理员", ("administrator",)),
    ),
    exam="monthly-zh.yaml",
    sitting="{year}年{month}月 业务知识考核",
    blanks=("24", "48", "工单号", "服务密码"),
    essays=(
        "客户第三次来电投诉同一问题时，首先要让客户感到被听见：不打断、复述问题、确认诉求。然后查看前两次工单，说明问题出在哪里，"
        "给出明确的处理步骤和回复时限，并把责任留在自己手里，由我跟进到底，而不是让客户再打一次电话。最后记录完整，方便下一位同事接手。",
        "先安抚客户情绪，再转给主管处理，同时记录客户的电话，过几天回访。",
        "我会先道歉，核对客户身份，只问必要的两项信息，不念出完整证件号码。随后查历史工单，向客户说明原因和补偿标准，超出权限的升级到二级，"
        "并告诉客户多久之内有人回电。结案前回访确认满意度。这样既保护隐私，又能一次解决问题。",
    ),
    comma="，",
    stop="。",
)

ENGLISH = Company(
    operators=(  # in the order of names the same numbers as in Chinese: who comes first has sat the exam
        ("2001", "Sara Lindholm", "Team East"),
        ("2002", "Kofi Boateng", "Team East"),
        ("2003", "Leila Haddad", "Team East"),
        ("2004", "Jack Howard", "Team East"),
        ("2005", "Frida Novak", "Team East"),
        ("2006", "Oscar Moore", "Team East"),
        ("2007", "Ivy Okafor", "Team West"),
        ("2008", "Henry Jansen", "Team West"),
        ("2009", "Grace Wolf", "Team West"),
        ("2010", "Emma Clarke", "Team West"),
        ("2011", "Daniel Reyes", "Team West"),
        ("2012", "Ruth Zimmer", "Team West"),
    ),
    staff=(
        ("3001", "Mary Lin", ("grader",)),
        ("3002", "Mark Peters", ("grader",)),
        ("3003", "Hedda Jensen", ("grader",)),
        ("3004", "Ada Lindqvist", ("grader",)),
        ("4001", "Anna Weber", ("trainer",)),
        ("4002", "Hugo Martin", ("trainer",)),
        ("5001", "Karen Cole", ("manager",)),
        ("9001", "Ben Archer", ("administrator",)),
    ),
    exam="monthly-en.yaml",
    sitting="Business knowledge, {name} {year}",
    blanks=("24", "48", "ticket number", "service password"),
    essays=(
        "When a customer calls for the third time about the same fault, he must first feel heard: I let him "
        "finish, repeat the problem in my own words and ask whether I have it right. Then I look at both earlier "
        "tickets, say where it went wrong, name the next steps and the hour of my call, and keep the case with me "
        "to the end, so that he need not ring again. Last I write everything down for the colleague after me.",
        "I would calm the customer, hand the call to my supervisor, note the number and ring back in a few days.",
        "I would apologise, check who is calling with the two questions that are needed and never read out a "
        "whole number. Then I look at the earlier tickets, explain the cause and what compensation the rules "
        "give, pass on to level two what is beyond me, and say when somebody will call. Before closing I ask "
        "whether all is well. That keeps data safe and solves it in one go.",
    ),
    comma=",",
    stop=".",
)

COMPANIES = {"zh": CHINESE, "en": ENGLISH}
