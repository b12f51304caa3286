package dev.mainstay.examples.demo;

import java.util.function.Function;

/**
 * A way of calling that takes part in the comparison.
 *
 * @param name for tables and legends
 * @param description in a few words
 * @param arm makes the arm over a client of the service
 */
record Contender(String name, String description, Function<InventoryClient, Arm> arm) {}
