# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=6)
    pbx = Pbx(s, "198.51.100.10", {"610": "s3cret-Phrase", "611": "an0ther", "612": "th1rd"}, refusal=(403, "Forbidden"))
    person = Phone(s, "192.168.0.14", "610", "s3cret-Phrase", "snom", seen_as=("192.0.2.50", 41000))
    for at, typed in ((5, "s3cret-phrase"), (19, "S3cret-phrase"), (41, "secret-Phrase")):
        person.register(at, pbx, password=typed)
    person.register(70, pbx)
    # a second one gives up after two and asks the help desk, who changes the password
    other = Phone(s, "192.0.2.51", "611", "an0ther", "fanvil")
    other.register(100, pbx, password="another")
    other.register(112, pbx, password="Another")
    other.register(900, pbx)
    other.call(960, pbx, "0301234567")
    return s.capture
