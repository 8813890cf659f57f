"""`make bench`: Triptych beside what people would pick instead, as ratios of things that take turns on one machine."""
