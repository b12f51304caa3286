package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.CallContext;
import dev.mainstay.Waiter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineTest {

    private final Line line = new Line();

    @Test
    void anEmptyLineHasNoFirst() {
        assertThat(line.first()).isNull();
        assertThat(line.size()).isZero();
        line.remove(new Place());
        assertThat(line.size()).isZero();
    }

    @Test
    void whoeverLeavesKnowsWhenItCame() {
        Place place = new Place();
        line.add(place, 42);
        line.remove(place);
        assertThat(place.ticket()).isEqualTo(42);
    }

    @Test
    void leavingTwiceTakesNobodyElseOut() {
        Place first = new Place();
        Place second = new Place();
        line.add(first, 0);
        line.remove(first);
        line.add(second, 0);
        line.remove(first);
        assertThat(line.first()).isSameAs(second);
    }

    @Test
    void itBehavesLikeAListHoweverPeopleComeAndGo() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Place> model = new ArrayList<>();
        List<Place> gone = new ArrayList<>();
        for (int step = 0; step < 200_000; step++) {
            boolean filling = step / 5_000 % 2 == 0;
            int choice = random.nextInt(10);
            if (choice < (filling ? 6 : 3)) {
                Place place = new Place();
                line.add(place, step);
                model.add(place);
            } else if (choice < 8 && !model.isEmpty()) {
                Place left = model.remove(random.nextInt(model.size()));
                line.remove(left);
                gone.add(left);
            } else if (!model.isEmpty()) {
                Waiter first = line.first();
                assertThat(first).as("seed %d, step %d", seed, step).isSameAs(model.remove(0));
                line.remove(first);
            } else if (!gone.isEmpty()) {
                line.remove(gone.get(random.nextInt(gone.size())));
            }
            assertThat(line.size()).as("seed %d, step %d", seed, step).isEqualTo(model.size());
        }
        for (Place place : model) {
            assertThat(line.first()).as("seed %d", seed).isSameAs(place);
            line.remove(place);
        }
        assertThat(line.first()).isNull();
    }

    private static final class Place extends Waiter {

        Place() {
            super(CallContext.plain());
        }
    }
}
