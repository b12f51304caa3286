package dev.mainstay.examples.demo;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.util.List;

/** The comparison for the terminal. */
final class TextTable {
    private TextTable() {}

    static String of(Comparison comparison) {
        return AsciiTable.getTable(
                AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
                comparison.rows(),
                List.of(
                        new Column().header("").dataAlign(HorizontalAlign.LEFT).with(Comparison.Row::what),
                        figures(comparison.bare().name()).with(Comparison.Row::bare),
                        figures(comparison.guarded().name()).with(Comparison.Row::guarded)));
    }

    private static Column figures(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.RIGHT);
    }
}
