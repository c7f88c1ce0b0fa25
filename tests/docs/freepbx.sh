# SPDX-License-Identifier: MIT
. "$root/tests/docs/fail2ban.sh"
