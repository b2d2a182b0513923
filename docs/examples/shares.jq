# The mean length of visits, and how often each emotion was the one shown most:
#     raut run --headless --frames 900 | jq -s -f docs/examples/shares.jq
[.[] | select(.event == "left")]
| {
    visits: length,
    mean_seconds: (if length > 0 then (map(.seconds) | add / length * 10 | round / 10) else 0 end),
    dominant: (group_by(.dominant) | map({(.[0].dominant): length}) | add // {})
  }
