"""What the deeds are called on their buttons: a verb, and what it is done to."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEEDS: dict[tuple[str, str], str | Promise] = {
    ("actors", "appoint"): _("Appoint a person"),
    ("actors", "delegate"): _("Lend a power"),
    ("actors", "end_post"): _("End the post"),
    ("actors", "found_unit"): _("Add a unit"),
    ("actors", "revoke"): _("Take the power back"),
    ("sensing", "acknowledge_warning"): _("Acknowledge the warning"),
    ("sensing", "claim_report"): _("Take the report"),
    ("sensing", "dismiss_report"): _("Close the report"),
    ("sensing", "end_warning"): _("End the warning"),
    ("sensing", "fold_report"): _("Add to a signal"),
    ("sensing", "judge_signal"): _("Judge the signal"),
    ("sensing", "raise_signal"): _("Make it a signal"),
    ("sensing", "read_report"): _("Read words and contact"),
    ("sensing", "receive_report"): _("Take in a report"),
    ("sensing", "receive_reports"): _("Take in many reports"),
    ("sensing", "record_counts"): _("Write daily counts"),
    ("sensing", "release_report"): _("Put it back"),
    ("sensing", "unfold_report"): _("Take out of the signal"),
    ("assessment", "assess"): _("Assess the incident"),
    ("assessment", "close_incident"): _("Close the incident"),
    ("assessment", "declare_incident"): _("Declare an incident"),
    ("decision", "change_level"): _("Change the response level"),
    ("decision", "decide"): _("Decide"),
    ("decision", "end_level"): _("Leave the response level"),
    ("decision", "lift_measure"): _("Lift the measure"),
    ("decision", "renew_measure"): _("Renew the measure"),
    ("decision", "set_measure"): _("Set a measure"),
    ("decision", "switch_mode"): _("Switch the mode"),
    ("fieldwork", "assign_doors"): _("Give tasks for all doors"),
    ("fieldwork", "assign_task"): _("Give a task"),
    ("fieldwork", "cancel_task"): _("Cancel the task"),
    ("fieldwork", "hand_over_task"): _("Hand the task over"),
    ("fieldwork", "list_households"): _("List households"),
    ("fieldwork", "record_visit"): _("Record the visit"),
    ("evaluation", "answer_finding"): _("Answer the finding"),
    ("evaluation", "review"): _("Write the review"),
}
