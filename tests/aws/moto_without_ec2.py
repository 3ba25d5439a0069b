"""Lets moto's Systems Manager come up without moto's EC2, which no sandbox asks.

Its regions and instance types are two thirds of the processor time that an endpoint needs to
start, and each sandbox starts one. Imported before anything of moto.
"""

import sys
import types

ec2 = types.ModuleType("moto.ec2")
# Only commands that find their nodes by a tag look in there: they end with a KeyError.
ec2.ec2_backends = {}
sys.modules["moto.ec2"] = ec2
