#!/usr/bin/env python3
"""A node of ROS 2 that publishes each event line as a string on /raut/events.

    raut run --headless --socket /tmp/raut.socket &
    python3 docs/examples/raut_node.py --ros-args -p socket:=/tmp/raut.socket

Not run by the project's tests, which have no ROS 2: written against rclpy's documented interface (Humble).
"""
import socket

import rclpy
from std_msgs.msg import String

rclpy.init()
node = rclpy.create_node("raut")
path = node.declare_parameter("socket", "/run/raut/events").value
events = node.create_publisher(String, "raut/events", 10)
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(path)
    for line in connection.makefile(encoding="utf-8"):
        events.publish(String(data=line.rstrip("\n")))
        rclpy.spin_once(node, timeout_sec=0)
node.destroy_node()
rclpy.shutdown()
