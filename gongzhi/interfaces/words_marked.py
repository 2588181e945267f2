"""Words that are looked up under a name made while the program runs, marked for the catalogues.

The tool that collects messages sees literal texts only. What comes from a parameter file, from
a code such as `fever_clinic` or from the first line of a deed stands here once more;
tests/house/test_catalogues.py finds what is missing.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

POWERS = (
    _("found units"),
    _("appoint"),
    _("delegate"),
    _("receive report"),
    _("handle report"),
    _("judge signal"),
    _("set up task force"),
    _("set up joint team"),
    _("run team board"),
    _("take team task"),
    _(
        "Opinions on strengthening primary-level governance (2021): committees, property managers, "
        "volunteers and social workers act together"
    ),
    _("open in emergency"),
    _("read access notice"),
    _("issue warning"),
    _("acknowledge warning"),
    _("load data"),
    _("declare incident"),
    _("assess"),
    _("decide"),
    _("change level"),
    _("set measure"),
    _("switch mode"),
    _("adopt plan"),
    _("activate plan"),
    _("give order"),
    _("answer order"),
    _("raise call"),
    _("raise joint call"),
    _("reopen call"),
    _("adopt duties"),
    _("answer call"),
    _("state need"),
    _("state offer"),
    _("match supply"),
    _("approve match"),
    _("dispatch goods"),
    _("issue transport pass"),
    _("assign task"),
    _("record visit"),
    _("review"),
    _("walk round"),
    _("answer as named"),
    _("read dissent"),
    _("rule call"),
    _("set contact"),
    _("phone unread"),
    _("run messages"),
)
"""The powers of parameters/powers.yaml."""

STREAMS = (
    _("fever"),
    _("cough"),
    _("fever clinic"),
    _("ili school"),
    _("pharmacy antipyretics"),
    _("hotline fever"),
    _("confirmed cases"),
    _("water outage"),
    _("flood"),
    _("water level"),
    _("rainfall"),
    _("heat"),
    _("heat stroke"),
    _("power"),
    _("smell"),
    _("poisoning"),
    _("people sheltered"),
    _("homes without power"),
    _("rumour"),
    _("city services"),
    _("supplies"),
)
"""What is counted or reported."""

SUBJECTS = (
    _("health"),
    _("police"),
    _("civil affairs"),
    _("transport"),
    _("market"),
    _("water"),
    _("power"),
    _("emergency"),
    _("oversight"),
)
"""What a department is for."""

MEASURES = (
    _("masks indoors"),
    _("spill zone closed"),
    _("gathering limit"),
    _("market closed"),
    _("schools closed"),
    _("closing schools"),
    _("visits limited"),
    _("riverside closed"),
    _("outdoor hours"),
    _("power saving"),
    _("night check"),
    _("testing"),
)
"""Kinds of measures, by the plans and the demonstration."""

GROUPS = (
    _("mask"),
    _("eye"),
    _("head"),
    _("body"),
    _("hand"),
    _("foot"),
    _("disinfectant"),
    _("ward"),
    _("device"),
    _("laboratory"),
    _("medicine"),
    _("food"),
    _("digital"),
)
"""Groups of the catalogue of supplies."""

TOPICS = (
    _("warnings"),
    _("orders"),
    _("calls"),
    _("supplies"),
    _("field"),
)
"""What a finding is about."""

PLAN_PROBLEMS = (
    _("A second document begins here. Put one plan in one file."),
    _("Write this out in full: a plan uses no *references."),
    _("An unreadable character stands here. Type it again."),
    _("This is nested too deeply. Write the plan flatter."),
    _("A name must stand before the colon, not a list."),
    _("“%(key)s” stands here a second time. Keep one."),
    _("Leave the &name out: a plan uses no references."),
    _("Leave the !tag out: a plan is plain text and numbers."),
    _("The plan is longer than %(most)s characters. Split it into several plans."),
    _("A tab stands in the indentation. Use spaces instead."),
    _(
        "This cannot be read as YAML (%(what)s). Check the indentation, the colons and the "
        "quotes here and on the line before."
    ),
    _("A plan begins with “plan: …”, “version: …” and “title: …”. Begin with these."),
    _("From here on there are %(number)s more problems. Mend those above first."),
    _("“%(key)s” is not known here. Write “%(close)s”."),
    _("“%(key)s” is not known here. Leave it out; known are: %(allowed)s."),
    _("This measure has no end. Add “days: …”: after so many days it ends by itself."),
    _("“%(key)s” is missing here. Add “%(key)s: …”."),
    _("Nothing stands after “%(name)s:”. Fill it in or leave the line out."),
    _('“%(name)s” is a text. Put it in quotes: "%(written)s".'),
    _("“%(name)s” is a text. Write it on this line."),
    _("“%(name)s” is a whole number. Write digits only."),
    _("“%(name)s” is a list. Write each entry on a line that begins with “- ”."),
    _("“%(name)s” has parts of its own: %(parts)s. Write each on an indented line: “name: …”."),
    _("“%(given)s” is not possible for “%(name)s”. Write “%(close)s”."),
    _("“%(given)s” is not possible for “%(name)s”. Write one of: %(allowed)s."),
    _('“%(given)s” is no version. Write numbers with points, such as "1.0".'),
    _(
        "“%(given)s” cannot be a code. Write small letters, digits and underscores, "
        "beginning with a letter."
    ),
    _(
        "“%(given)s” cannot be a key. Write 2 to 59 small letters, digits and hyphens, "
        "beginning with a letter."
    ),
    _("“%(name)s” is empty. Write something, or leave the line out."),
    _("This does not fit (%(what)s). Look it up in plan.schema.json."),
    _("“%(name)s” must be at least %(limit)s. Write a larger number."),
    _("“%(name)s” must be at most %(limit)s. Write a smaller number."),
    _("“%(name)s” is too long. Write at most %(limit)s characters."),
    _("“%(name)s” is empty. Write at least one entry."),
    _("“%(name)s” has too many entries. Write at most %(limit)s."),
    _("The trigger has no test. Write red_warnings, warnings or response_grade."),
    _("“%(name)s” names the same thing twice. Name it once."),
    _("Only departments have a subject. Write “each: department” or leave it out."),
    _("“each: %(each)s” names the tier already. Leave “tier” out."),
    _("“%(key)s” is the key of the order on line %(line)s already. Choose another."),
    _("“%(key)s” waits for itself. Take it out of “after”."),
    _("There is no order “%(key)s” in this plan. Write “%(close)s”."),
    _("There is no order “%(key)s” in this plan. Add it or take it out."),
    _(
        "These orders wait for one another and none can begin: %(circle)s. Take one of them "
        "out of “after”."
    ),
    _(
        "“%(key)s” is to be done %(within)s minutes after the activation, but needs "
        "%(needed)s with all it waits for (%(chain)s). Allow more time, or wait for less."
    ),
)
"""What can be wrong with a plan file, marked there by `words`."""

SUMMARIES = (
    _("Add a unit below another."),
    _("Give a person a post in a unit, over the unit's own area or a named one."),
    _("End a post now."),
    _("Lend named powers of a unit to a unit below it, over an area, until a time (放权)."),
    _("Take lent powers back at once, with a reason; what was lent on from them ends too."),
    _("Say yes to a request: what it asks for is done at once, by your power."),
    _("Say no to a request, with the reason: nothing of it is done."),
    _("Take a request of your unit back before it is answered."),
    _("Say of a use of a lent power that was drawn whether it was in order, and why."),
    _("Open a record outside your area for a while: those it is about read why; it is reviewed."),
    _("Say what came of handing a notice over: taken, nobody in, or declined."),
    _("Object to an emergency access: one's own, or as the people concerned said it."),
    _("Object to an emergency access with the code that stands on the notice."),
    _("Read what the people concerned object; that it was read is written down."),
    _("Read all of a record opened in an emergency, its personal words too; it is written down."),
    _("Take notice, by name, that a record of yours was opened in an emergency."),
    _("Say afterwards whether opening a record in an emergency was justified, and why."),
    _("Set up a task force of government and firms, both contacts named, until a day (专班)."),
    _("Take a person into a task force until its end."),
    _("Let a task force or joint team work until a later day, with the reason."),
    _("Dissolve a task force or joint team before its day, with a record of what it did."),
    _("Set up the joint team of a community, with who leads it, until a day (小区联合小组)."),
    _("Take a person into a joint team with a part: of a unit, or as the lead of buildings."),
    _("Let another person lead a task force or joint team, or speak for its firm, and say why."),
    _("Let a member leave a joint team, with the reason; the post ends at once."),
    _("Put a task on the board of a team, for whoever of it takes it up."),
    _("Take a task from the board of one's team: only one person can."),
    _("Say that a task one took from the board is done, and what came of it."),
    _("Put a task one took back on the board, with the reason."),
    _("Adopt one version of a data standard, an Open Data Contract file (数据标准)."),
    _("Say that a unit supplies data under a standard."),
    _("Load a file: every row is read, or waits in quarantine with its reason, or is a duplicate."),
    _("Let a corrected row out of quarantine; `correction` is the row as a JSON object."),
    _("Reject a row in quarantine for good, with the reason; its text is kept."),
    _("Take in what somebody reports, in their own words (上报)."),
    _("Take in many reports at once, all or none, with one line in the ledger."),
    _("Read the words and the contact of a report; that you looked is written down."),
    _("Take a report from the queue, so that nobody else works on it."),
    _("Put a report you took back into the queue."),
    _("Close a report that asks for nothing, with the reason."),
    _("Make one signal of the reports you took that tell about the same event (线索)."),
    _("Add a report you took to a signal that is already there."),
    _("Take a report out of a signal again; it is yours to work on."),
    _("Say whether a signal is real, with the reason."),
    _("Write daily counts of one source; a later figure of the same source replaces the earlier."),
    _("Take a warning on yourself by name and say what you do about it."),
    _("Declare a public crisis in an area because of a warning or a verified signal."),
    _("Say what the facts mean; the facts seen are stored with it (研判)."),
    _("Say that you do not agree with an assessment; it goes two tiers up unaltered (异议)."),
    _("Say by name that you have read a dissent that reached your unit."),
    _("Close an incident: the area goes back to normal (正常化)."),
    _("Choose one option, keep the others with the reason, store the facts that were seen."),
    _("Enter a response level; the one in force for this hazard ends with it."),
    _("Leave a response level altogether, when its exit test is passed or with a reason."),
    _("Put a measure in force until a time; it dies then by itself."),
    _("Let a measure in force run to a later end, with the reason."),
    _("End a measure before its date, with the reason."),
    _("Switch an area to emergency or back to normal, everything together (平急转换)."),
    _(
        "Call departments to the street: each must say that it comes, what it needs, or "
        "whose it is."
    ),
    _(
        "Answer the call of a street: coming, needing something first, or not mine but "
        "theirs (报到)."
    ),
    _("Say whose duty it is when called units refuse it or are silent; that unit cannot refuse."),
    _("Report on site, with a proof of arrival."),
    _("Report the work of a call done, with what came of it."),
    _("Say as the street how well a called unit did, from 1 (badly) to 5 (very well)."),
    _("Close a call as the street, when every path of it has ended."),
    _("Give a unit an order by hand: because of a decision, or to pass on the order one received."),
    _("Accept an order by name: from now on this unit carries it out."),
    _("Report an order done, with the evidence; what waited only for it is issued at once."),
    _("Say that an order cannot be done, and why; everyone who waits for it is told."),
    _("Issue an order again that could not be done, with a new time and what has changed."),
    _("Give an order under way more time from now, with the reason."),
    _("Let a waiting order begin although what it waits for is not done, with the reason."),
    _("Take an order back, and what was passed on under it; those who wait for it are told."),
    _("Take back every order of an incident that is still open, for the return to normal."),
    _("Adopt a plan file; the version before it retires (预案)."),
    _(
        "Put a plan into force: every matching unit of the incident's area gets its order "
        "(预案启动)."
    ),
    _("Send what an approved plan promises, all of it or a part, with a carrier (调度)."),
    _("Write the receipt of one hop: where the goods changed hands, how many good and broken."),
    _("Receive the goods where they are needed: the last receipt; the need and the stock follow."),
    _("Say that goods on the way will not arrive, with the reason; what lacks is planned anew."),
    _("Say what a place needs, how much if that is known, how urgently and by when (需求)."),
    _("State many needs at once, all or none, with one line in the ledger."),
    _("Estimate an unknown amount anew: from daily use, beds or residents, less what is in stock."),
    _("Name the amount of a need that was unknown; from now on it counts in full."),
    _("Take a need back; what is promised to it is free again, what is on the way still comes."),
    _(
        "Propose who gets what of one item group in an area, with a reason for every need "
        "(供需对接)."
    ),
    _("Approve a plan of who gets what: from now on its quantities are promised."),
    _("Say what can be given or sold, from when and until when (供给)."),
    _("State many offers at once, all or none, with one line in the ledger."),
    _("Take back what has not left yet; promises not yet sent lapse and are planned anew."),
    _("Write down what a facility holds of an item; minimum and use stay where none is given."),
    _("Write down many counts at once, all or none, with one line in the ledger."),
    _("Write down the doors of a grid; a door already listed is left as it is."),
    _("Give a person one thing to do in a grid by a time."),
    _("Give a worker one task for each listed door of a grid that has none open."),
    _("Give a task to another person, or one on a team's board to a member; says why."),
    _("Take a task off a person's list or a team's board, with the reason."),
    _("Record what was found at a door; illness found comes back as a report (走访)."),
    _("Let the after-action report write itself from the log (复盘)."),
    _("Say what changes because of a finding, or why nothing does."),
    _("Say that you have read a message."),
    _("Say by name that you have understood a message and see to it."),
    _("Say where you, or a unit, are reached about duties; an earlier one is replaced."),
    _("Take a contact out again: nothing is sent there any more."),
    _("Look up a number or an address; that you looked is written down."),
    _("Say what came of phoning a unit: reached, no answer, or a wrong number."),
    _("Let a delivery that was given up be tried again from the beginning."),
    _("Change an order that is not done: its time from now, its unit or its words (变更指令)."),
    _("Offer an order under way to another unit, or to a colleague of one's own (移交)."),
    _("Take over by name an order that was offered: from now on one's own unit answers for it."),
    _("Say that one does not take an offered order over, and why; it stays where it was."),
    _("Begin a phase of a plan in force: its orders are given in one act (启动阶段)."),
    _("Say that a phase is over, and why; its orders still open are withdrawn one by one or done."),
    _("Say that something a plan brought is taken back, and how (收尾)."),
)
"""The first lines of the deeds done by hand."""
