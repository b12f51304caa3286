package dev.mainstay.spring.options;

import dev.mainstay.Policy;

/** What tells policies apart. */
record PolicyKey(Class<? extends Policy> type, String name) {}
