package dev.mainstay.meter;

/** What can be measured, and says by what: policies, pipelines, registries. */
@FunctionalInterface
public interface Measured {

    /** Lists what it can be measured by. Describing costs the calls nothing. */
    void describe(MeterSink sink);
}
