// SPDX-License-Identifier: Apache-2.0
/*
 * The floor under every command of the benchmark: a static program that starts and ends. It takes
 * no input and gives status 0. tests/bench/run compares `lodger --version` with it.
 */
int main(void)
{
	return 0;
}
