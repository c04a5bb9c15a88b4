"""The documentation site: Markdown of the repository as pages, for the portal and for ``make site``.

``repository`` finds the texts, ``markdown`` turns one into HTML, ``site`` has every page at its address, ``links``
tells which references lead nowhere, and running the package writes the site as static files.
"""
