package dev.mainstay.micrometer;

import dev.mainstay.meter.MeterId;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import org.jspecify.annotations.Nullable;

/** How meters look: their names and tags, and what timers publish. */
@SuppressWarnings("ArrayRecordComponent")
record MeterStyle(MeterNaming naming, Tags common, double @Nullable [] percentiles, boolean histogram) {

    MeterId rename(MeterId id) {
        return naming.rename(id);
    }

    /** The meter's own tags win over common ones of the same key. */
    Tags tags(MeterId renamed) {
        Tags tags = common;
        for (var tag : renamed.tags().entrySet()) {
            tags = tags.and(tag.getKey(), tag.getValue());
        }
        return tags;
    }

    Timer.Builder timer(MeterId renamed) {
        return Timer.builder(renamed.name())
                .description(renamed.description())
                .tags(tags(renamed))
                .publishPercentiles(percentiles)
                .publishPercentileHistogram(histogram);
    }
}
