"""The checks of CloudWatch once more, by the CBOR protocol, which other clients take first."""

from harness import speak

speak("smithy-rpc-v2-cbor")

import cloudwatch  # its checks run when it is read
