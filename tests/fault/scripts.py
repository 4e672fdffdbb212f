"""All scripts, by name; "sync" is played when none is named."""

from rig import check_all, check_hub_alone, check_site_alone
from script_sync import MAIN
from scripts_desk import DESK, PLAIN
from scripts_front import FRONT
from scripts_hub import BACKUP, CASES_SCRIPT, ERASE, KEYS, REPORT, STOLEN
from scripts_roads import AGENT, COURIER, PUT_BACK, STICK

ALL = [MAIN, STICK, COURIER, PUT_BACK, AGENT, BACKUP, KEYS, ERASE, CASES_SCRIPT, REPORT,
       STOLEN, DESK, PLAIN, FRONT]
SCRIPTS = {script.name: script for script in ALL}
OTHERS = [script.name for script in ALL if script is not MAIN]


def of(world):
    return SCRIPTS[world.told["script"]]


def check(world, what):
    """WHAT: "all", "hub", or a site."""
    script = of(world)
    if what == "all":
        check_all(world, script)
    elif what == "hub":
        check_hub_alone(world, script)
    else:
        check_site_alone(world, what, script)


def named(names):
    """The scripts that --script NAMES asks for; KeyError: there is none of that name."""
    if names == "all":
        names = ",".join(OTHERS)
    return [SCRIPTS[name] for name in names.split(",")] if names else [MAIN]
