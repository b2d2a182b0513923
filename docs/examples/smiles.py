#!/usr/bin/env python3
"""Says who smiles: reads events from standard input.

    raut run --headless | docs/examples/smiles.py
"""
import json
import sys

for line in sys.stdin:
    event = json.loads(line)
    if event["event"] in ("appeared", "changed") and event["emotion"] == "happy":
        print(f"face {event['face']} smiles, {event['emotions']['happy']:.0%} sure", flush=True)
    elif event["event"] == "left":
        print(f"face {event['face']} left after {event['seconds']:.1f} s, mostly {event['dominant']}", flush=True)
