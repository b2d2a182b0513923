#!/bin/sh
# Does something when a face is happy, here with a line of text; needs jq. From the socket of the service:
#     socat -u UNIX-CONNECT:/run/raut/events - | docs/examples/lamp.sh
jq --unbuffered -r 'select(.event == "appeared" or .event == "changed") | .emotion' |
while read -r emotion; do
    case $emotion in
        happy) echo "lamp on" ;;
        *) echo "lamp off" ;;
    esac
done
