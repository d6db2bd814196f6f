"""Score responses with verifiers in an exported environment, without a model.

    python drive_verifiers.py NAME RESPONSES.json

The environment's package must be importable. RESPONSES maps the id of each problem to a response.
Prints one JSON object: the reward of each response by id, and whether each task accepts its gold
answer. Runs where verifiers is installed and clean-bench is not.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import verifiers.v1 as vf


def trace_of(task: vf.Task, response: str) -> vf.Trace:
    """A finished rollout of one turn in which the model wrote `response`."""
    return vf.Trace(
        task=vf.TraceTask(type=type(task).__name__, data=task.data),
        agent=vf.AgentInfo(config=vf.AgentConfig(model="none")),
        nodes=[
            vf.MessageNode(message=vf.UserMessage(content=task.data.prompt)),
            vf.MessageNode(parent=0, message=vf.AssistantMessage(content=response), sampled=True),
        ],
    )


async def main(name: str, responses: str) -> None:
    response_by_id = json.loads(Path(responses).read_text())
    env = vf.load_environment(vf.resolve_env_config({"taskset": {"id": name}}))
    taskset = vf.load_taskset(env.config.taskset)
    rewards, valid = {}, {}
    for task in taskset:
        assert task.data.prompt_text.endswith(r"\boxed{}.")
        trace = trace_of(task, response_by_id[task.data.id])
        await task.score(trace)
        assert set(trace.rewards) == {"exact_match"}
        rewards[task.data.id] = trace.reward
        valid[task.data.id] = await task.validate(None)
    print(json.dumps({"rewards": rewards, "valid": valid, "env": type(env).__name__}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
