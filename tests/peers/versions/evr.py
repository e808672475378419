import lines
import rpm

lines.run(rpm.ver, lambda a, b: (a > b) - (a < b))
