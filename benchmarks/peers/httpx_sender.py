"""httpx on its own: sends bodies as large as a delivery's. ``URL COUNT CONCURRENCY`` as arguments."""

import asyncio
import sys

import httpx

HEADERS = {
    "content-type": "application/json",
    "webhook-id": f"msg_{'a' * 26}",
    "webhook-timestamp": "1700000000",
    "webhook-signature": f"v1,{'a' * 44}",
    "x-studio-event": "project.updated",
    "x-studio-delivery": f"whd_{'a' * 26}",
    "x-studio-signature": f"sha256={'a' * 64}",
}


async def main(url: str, count: int, concurrency: int) -> None:
    """Send, with that many requests under way."""
    left = count

    async def send(client: httpx.AsyncClient) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            answer = await client.post(url, content=b"x" * 420, headers=HEADERS)
            assert answer.status_code == 204

    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(send(client) for _ in range(concurrency)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
