package dev.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice inspect}: what is in model files, and whether they can be run. */
@Command(
        name = "inspect",
        sortOptions = false,
        description = {
            "Shows what is in model files.",
            "Metadata, tensors, sizes by weight format, and what running the model would need. A file that is damaged or"
                    + " cannot be run is reported on standard error, and the next one follows.",
            ""
        },
        footer = {"", "Example:", "  sluice inspect SmolLM2-135M-Instruct.Q4_1.gguf"})
final class InspectCommand implements Callable<Integer> {
    private final Streams streams;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Model files (GGUF).")
    private List<Path> files = List.of();

    @Option(names = "--json", description = "Print a JSON array with an object per readable file.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    InspectCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ArrayNode objects = mapper.createArrayNode();
        int failures = 0;
        for (Path file : files) {
            try (ModelSource source = ModelFiles.open(file)) {
                Inspection inspection = Inspection.of(source);
                if (json) {
                    objects.add(inspection.json(mapper));
                } else {
                    inspection.print(streams.out());
                }
                if (inspection.problem().isPresent()) {
                    throw inspection.problem().get();
                }
            } catch (SluiceException e) {
                failures++;
                streams.out().flush(); // what is known of the file stands before what is wrong with it
                Failures.report(e, streams.errWriter(), "sluice inspect", common.verbose());
            }
        }
        if (json) {
            streams.out().println(mapper.writeValueAsString(objects));
        }
        return failures == 0 ? 0 : Failures.FAILED;
    }
}
