"""Sending messages: ten a call, in order within each group, whatever SQS takes of them."""

from typing import Any, cast

import pytest

from loyalty.domain.errors import Code, Refused
from loyalty.store.queue import MAX_TRIES, Message, Queue


class Sqs:
    """Takes messages, but for those that `refusing` names, each as often as it is named."""

    def __init__(self, *refusing: str) -> None:
        self.refusing = list(refusing)
        self.taken: list[str] = []
        self.batches: list[int] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "url"
        failed = []
        self.batches.append(len(Entries))
        for entry in Entries:
            name = entry["MessageDeduplicationId"]
            if name in self.refusing:
                self.refusing.remove(name)
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            else:
                self.taken.append(f"{entry['MessageGroupId']} {name} {entry['MessageBody']}")
        return {"Failed": failed} if failed else {}


def send(sqs: Sqs, *groups: str) -> list[str]:
    messages = [Message(str(number), group, {"n": number}) for number, group in enumerate(groups)]
    Queue(cast(Any, sqs), "url").send(messages)
    return [text.split()[1] for text in sqs.taken]


def test_messages_go_ten_a_call() -> None:
    sqs = Sqs()

    send(sqs, *(f"g{number}" for number in range(25)))

    assert sqs.batches == [10, 10, 5]
    assert sqs.taken[0] == 'g0 0 {"n":0}'


def test_no_call_has_two_messages_of_a_group() -> None:
    sqs = Sqs()

    assert send(sqs, "a", "b", "a", "a", "c") == ["0", "1", "2", "3", "4"]
    assert sqs.batches == [2, 1, 2]


def test_what_is_not_taken_is_sent_again_before_what_follows() -> None:
    assert send(Sqs("0", "0"), "a", "b", "a") == ["1", "0", "2"]


def test_what_is_never_taken_is_a_reason_to_come_again_later() -> None:
    with pytest.raises(Refused) as refused:
        send(Sqs(*["0"] * MAX_TRIES), "a", "b")

    assert refused.value.problems[0].code is Code.RETRY_LATER
