"""Draft a policy without a network or a model, read how good it is, and keep it as evidence."""

import os

from studio_platform import StudioAPI

STUDIO = os.environ.get("STUDIO", "http://127.0.0.1:8000")
api = StudioAPI(STUDIO, api_key=os.environ["STUDIO_KEY"])

# What can be drafted.
for kind in api.ai.policies.kinds().policies:
    print(kind.id, "-", kind.title)

# The control that the policy is for.
project = api.projects.create(name="Policies", framework="soc2")
control = next(each for each in api.projects.controls.list(project.id).all() if each.number == "CC6.1")

# The draft, and each line of the rubric that it was judged by.
draft = api.ai.generate_policy(
    type="access_control_policy", company_name="Example Ltd", industry="software", control_id=control.id
)
print(draft.quality_score, "of 100")
for check in draft.quality:
    print(f"{check.points}/{check.of} {check.name}: {check.found}")

# After people have read and changed it: a Word file, as evidence of that control.
saved = api.ai.policies.save(
    title=draft.title, content=draft.content, format="docx", project_id=project.id, control_id=control.id
)
print("kept as", saved.id)
