#!/usr/bin/env python3
from typing import Optional

import rclpy
from rclpy.node import Node as RosNode
from std_msgs.msg import Float64


class JointLimits:
    lo: float = -3.14
    hi: float = 3.14


class EStop(Exception):
    pass


class ArmNode(RosNode):
    """ROS owns its life."""

    def __init__(self):
        super().__init__("arm")
        self.pub = self.create_publisher(Float64, "joint", 10)

    def move(self, angle):
        if not JointLimits.lo <= angle <= JointLimits.hi:
            raise EStop(angle)
        self.pub.publish(Float64(data=angle))
