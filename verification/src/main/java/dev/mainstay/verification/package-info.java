/** Architecture rules, concurrency checks and memory layout over all modules, run as tests. */
package dev.mainstay.verification;
