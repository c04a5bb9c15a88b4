"""A program that acts for itself: an OAuth client with the grant ``client_credentials``."""

import os

from studio_platform import StudioAPI
from studio_platform.auth import ClientCredentials

STUDIO = os.environ.get("STUDIO", "http://127.0.0.1:8000")

auth = ClientCredentials(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], scope="read")
with StudioAPI(STUDIO, auth=auth) as api:
    for project in api.projects.list().all():
        print(project.name, project.compliance_score)
    print("done")
