# Short names for ./dev, which does the work.
.PHONY: run test bench lock
run test bench lock:
	./dev $@
