"""From an empty project to a changed score, step by step: the program of the tutorial."""

import os
from pathlib import Path

from studio_platform import StudioAPI

STUDIO = os.environ.get("STUDIO", "http://127.0.0.1:8000")
PASSWORD = Path(".demo/demo-password").read_text(encoding="utf-8").strip()

# 1. Sign in.
api = StudioAPI(STUDIO).login("admin@example.org", PASSWORD)
me = api.users.me()
print("signed in as", me.email)

# 2. A project on SOC 2. All controls of the framework are in it at once.
reviewer = next(user for user in api.users.list() if user.email == "reviewer@example.org")
project = api.projects.create(
    name="My first assessment",
    framework="soc2",
    team_members=[{"user_id": me.id, "role": "manager"}, {"user_id": reviewer.id, "role": "auditor"}],
)
control = api.projects.controls.list(project.id, limit=1).items[0]
print("score at the start:", api.compliance.score(project_id=project.id).overall_score)
print("first control:", control.number, control.title)

# 3. Evidence for its first control.
evidence = api.evidence.create(
    title="Code of conduct",
    description="What everybody here agrees to",
    file=b"# Code of conduct\n\nEverybody reads and signs this once a year. The people team keeps the signed copies.\n",
    file_name="code-of-conduct.md",
    project_id=project.id,
    control_id=control.id,
)
print("uploaded:", evidence.id, evidence.status)

# 4. Somebody else reviews it.
robin = StudioAPI(STUDIO).login("reviewer@example.org", PASSWORD)
robin.evidence.reviews.create(evidence.id, decision="approve", score=90, comment="Current, and signed by everybody.")
print("reviewed:", api.evidence.get(evidence.id).status)

# 5. The score has moved, and says why.
score = api.compliance.score(project_id=project.id, explain=True)
print("score now:", score.overall_score)

# 6. What to do next.
gap = api.compliance.gaps(project_id=project.id).gaps[0]
print("next:", gap.number, gap.title)
answer = api.ai.chat(
    message="What evidence do I need?", context={"project_id": project.id, "control_id": gap.control_id}
)
print(answer.message)
