"""Teams: names, leaders, retiring what is empty."""

from __future__ import annotations

import pytest
from flask import Flask

from examengine.accounts import actions, queries, teams
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from tests.making import World

BEN = 1


def acts() -> list[str]:
    return [entry.action for entry in audit.find_latest(audit.AuditFilter(subject="team"), 20)]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "\u3000"])
def test_a_bad_name_is_refused(app: Flask, name: str) -> None:
    with pytest.raises(Invalid):
        actions.add_team(name, clock.now())


def test_spaces_make_no_other_team(app: Flask) -> None:
    assert actions.add_team(" Team  East ", clock.now()).id == actions.add_team("Team East", clock.now()).id


def test_a_team_is_renamed_once_per_name(world: World) -> None:
    east, west = world.team("East"), world.team("West")
    teams.rename(east, " North  East ", clock.now(), BEN)
    assert east.name == "North East"
    with pytest.raises(Conflict):
        teams.rename(west, "North East", clock.now(), BEN)
    teams.rename(west, "West", clock.now(), BEN)
    assert acts()[0] == "team.rename"
    entry = audit.find_latest(audit.AuditFilter(action="team.rename"), 5)
    assert [row.detail for row in entry] == [{"name": ["East", "North East"]}]


def test_a_leader_may_log_in(world: World) -> None:
    team, ada = world.team(), world.person("ada")
    teams.set_leader(team, ada.id, clock.now(), BEN)
    assert team.leader_id == ada.id
    actions.deactivate(world.person("max"), clock.now(), BEN)
    for nobody in (world.person("max").id, 999):
        with pytest.raises(Invalid):
            teams.set_leader(team, nobody, clock.now(), BEN)
    teams.set_leader(team, None, clock.now(), BEN)
    assert team.leader_id is None


def test_only_an_empty_team_is_retired(world: World) -> None:
    team = world.team()
    cem = world.person("cem", team=team)
    with pytest.raises(Conflict):
        teams.retire(team, clock.now(), BEN)
    actions.deactivate(cem, clock.now(), BEN)
    teams.retire(team, clock.now(), BEN)
    session.commit()
    assert queries.find_teams() == []
    assert [row.id for row in queries.find_team_page(1, retired=True).rows] == [team.id]
    assert queries.find_team_page(1).rows == []


def test_a_retired_teams_name_brings_it_back(world: World) -> None:
    team = world.team()
    teams.retire(team, clock.now(), BEN)
    assert actions.add_team("Team East", clock.now(), BEN).id == team.id
    assert team.active
    assert acts() == ["team.restore", "team.retire", "team.add"]


def test_members_are_the_active_ones(world: World) -> None:
    team = world.team()
    cem = world.person("cem", team=team)
    actions.deactivate(world.person("sam", team=team), clock.now(), BEN)
    assert list(queries.find_members(team.id)) == [cem.id]
    with pytest.raises(Missing):
        queries.get_team(999)


def test_a_role_is_held_by_somebody_active(world: World) -> None:
    assert not queries.is_held("grader")
    mia = world.person("mia")
    assert queries.is_held("grader")
    actions.deactivate(mia, clock.now(), BEN)
    assert not queries.is_held("grader")
