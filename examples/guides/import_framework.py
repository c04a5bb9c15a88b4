"""Import a framework over the API, and begin a project with it."""

import os
from pathlib import Path

from studio_platform import StudioAPI

STUDIO = os.environ.get("STUDIO", "http://127.0.0.1:8000")
DEFINITION = Path(__file__).parent / "house-rules.yaml"

api = StudioAPI(STUDIO, api_key=os.environ["STUDIO_KEY"])

made = api.compliance.frameworks.import_(content=DEFINITION.read_bytes(), content_type="application/yaml")
print("imported", made.id, made.version)

project = api.projects.create(name="Our own rules", framework=made.id)
for control in api.projects.controls.list(project.id).all():
    print(control.number, control.title)
