package dev.mainstay.meter;

/** What can be bound to meters: policies, pipelines, registries, and each {@link MeterSource} of your own. */
public interface Measured {}
