package dev.mainstay.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JDK's publishers have no types to ask for, so this fails when a JDK calls them otherwise. */
class RequestBodiesTest {

    @Test
    void whatIsInMemoryOrInAFileCanBeSentTwice(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("body"), "body");

        assertThat(RequestBodies.isReplayable(BodyPublishers.noBody())).isTrue();
        assertThat(RequestBodies.isReplayable(BodyPublishers.ofString("x"))).isTrue();
        assertThat(RequestBodies.isReplayable(BodyPublishers.ofByteArray(new byte[1])))
                .isTrue();
        assertThat(RequestBodies.isReplayable(BodyPublishers.ofByteArrays(List.of(new byte[1]))))
                .isTrue();
        assertThat(RequestBodies.isReplayable(BodyPublishers.ofFile(file))).isTrue();
    }

    @Test
    void ofAllElseNobodyKnows() {
        var string = BodyPublishers.ofString("x");

        assertThat(RequestBodies.isReplayable(BodyPublishers.ofInputStream(InputStream::nullInputStream)))
                .isFalse();
        assertThat(RequestBodies.isReplayable(BodyPublishers.fromPublisher(string)))
                .isFalse();
        assertThat(RequestBodies.isReplayable(BodyPublishers.fromPublisher(string, 1)))
                .isFalse();
    }

    @Test
    void butItCanBeDeclared() {
        var declared = RequestBodies.replayable(BodyPublishers.fromPublisher(BodyPublishers.ofString("x"), 1));

        assertThat(RequestBodies.isReplayable(declared)).isTrue();
        assertThat(declared.contentLength()).isEqualTo(1);
    }
}
