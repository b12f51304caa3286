package dev.mainstay.kotlin;

/** What the calls of the tests give. */
public record Stock(String sku, int pieces) {}
