#!/bin/sh
# Takes away what a running notebook never opens: tests, C headers, mathematics fonts for browsers of another age.
set -eu
find /usr/lib/python3 /usr/lib/python3.11 -depth -type d \( -name tests -o -name test -o -name __pycache__ \) -exec rm -rf {} +
rm -rf /usr/lib/python3.11/config-3.11-* /usr/lib/python3.11/idlelib /usr/lib/python3.11/ensurepip /usr/lib/python3.11/lib2to3/tests
mathjax=/usr/share/javascript/mathjax
rm -rf "$mathjax/unpacked" "$mathjax/docs" "$mathjax/test" "$mathjax/localization"
find "$mathjax/fonts/HTML-CSS" -mindepth 1 -maxdepth 1 ! -name TeX -exec rm -rf {} +
rm -rf "$mathjax/fonts/HTML-CSS/TeX/png" "$mathjax/fonts/HTML-CSS/TeX/svg" "$mathjax/fonts/HTML-CSS/TeX/eot"
# Packages that people install go to their own volume, where nothing of the system's can be broken.
rm -f /usr/lib/python3.11/EXTERNALLY-MANAGED
# On a read-only root nothing compiled could be kept; without this each start takes two seconds longer.
python3 -m compileall -q -j 2 --invalidation-mode unchecked-hash /usr/lib/python3.11 /usr/lib/python3/dist-packages
