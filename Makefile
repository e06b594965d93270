# The menu. Everything here is a line or two of cmake or a script in scripts/, which also work without make.
PREFIX ?= /usr/local
SECONDS_EACH ?= 60
sources = git ls-files '*.hpp' '*.cpp'

.PHONY: help run test interop dev bench bare tidy tsan fuzz coverage format format-check install clean

help:
	@echo 'make run           build the tool and see it work: a certificate, a server, a verified page, a refusal'
	@echo 'make test          build with ASan and UBSan and run every test (TESTS=regex for some)'
	@echo 'make interop       STARTTLS against real mail, directory, file and database servers (as root: installs and removes them)'
	@echo 'make dev           build without optimisation, for the debugger, in build/dev'
	@echo 'make bench         measure beside raw OpenSSL and Asio; table and JSON in build/bench'
	@echo 'make tsan          build with ThreadSanitizer and run the tests of what threads share'
	@echo 'make bare          the two commands of the README in a bare Debian 12 and a bare Debian 13 (as root)'
	@echo 'make tidy          clang-tidy over library and tool'
	@echo 'make fuzz          run each fuzz target for SECONDS_EACH=60 seconds'
	@echo 'make coverage      run the tests and list which lines of ours they reach'
	@echo 'make format        clang-format in place; format-check only looks'
	@echo 'make install       library, headers and tool into PREFIX=/usr/local (DESTDIR is honoured)'
	@echo 'make clean         remove build/'

run:
	scripts/run

test:
	scripts/test $(if $(TESTS),-R '$(TESTS)')

interop:
	scripts/interop

dev:
	scripts/deps test
	cmake --preset dev -Wno-dev --log-level=WARNING
	cmake --build --preset dev

bench:
	scripts/bench

tsan:
	scripts/test --preset tsan

bare:
	scripts/bare bookworm
	scripts/bare trixie

tidy:
	scripts/deps test dev
	cmake --preset tidy -Wno-dev --log-level=WARNING
	cmake --build --preset tidy --target signet signet_tool

fuzz:
	scripts/deps test dev
	cmake --preset fuzz -Wno-dev --log-level=WARNING
	cmake --build --preset fuzz
	scripts/fuzz $(SECONDS_EACH)

coverage:
	scripts/deps test
	cmake --preset coverage -Wno-dev --log-level=WARNING
	cmake --build --preset coverage
	find build/coverage -name '*.gcda' -delete
	ctest --test-dir build/coverage --output-on-failure -j 2 -E '^(layers|compile_fail|install)\.'
	scripts/coverage build/coverage

format:
	scripts/deps dev
	$(sources) | xargs clang-format -i

format-check:
	scripts/deps dev
	$(sources) | xargs clang-format --dry-run -Werror

install:
	scripts/deps run
	cmake -S . -B build/install -G Ninja -Wno-dev --log-level=WARNING -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX='$(PREFIX)' \
	  -DSIGNET_BUILD_TESTS=OFF -DSIGNET_BUILD_EXAMPLES=OFF -DSIGNET_BUILD_FUZZ=OFF
	cmake --build build/install
	cmake --install build/install

clean:
	rm -rf build
