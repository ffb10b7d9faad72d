package dev.sluice;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds the one direction in which the engine's packages depend, as ARCHITECTURE.md draws it. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sluice");

    /** What each package may use besides itself, the JDK and third parties. */
    private static final Map<String, String[]> ALLOWED = Map.ofEntries(
            Map.entry("dev.sluice.error", uses()),
            Map.entry("dev.sluice.tensor", uses("error")),
            Map.entry("dev.sluice.formats..", uses("error", "tensor")),
            Map.entry("dev.sluice.tokenizer..", uses("error", "formats")),
            Map.entry("dev.sluice.graph", uses("tensor")),
            Map.entry("dev.sluice.trace", uses("error")),
            Map.entry("dev.sluice.model", uses("error", "tensor", "formats", "graph")),
            Map.entry("dev.sluice.backend", uses("error", "graph")),
            Map.entry("dev.sluice.backend.tiles", uses("error", "tensor")),
            Map.entry(
                    "dev.sluice.backend.cpu..",
                    uses("error", "tensor", "graph", "backend", "backend.tiles", "system", "trace")),
            Map.entry(
                    "dev.sluice.backend.opencl..",
                    uses(
                            "error",
                            "tensor",
                            "graph",
                            "backend",
                            "backend.tiles",
                            "kernels",
                            "opencl",
                            "system",
                            "trace")),
            Map.entry("dev.sluice.measure", uses("error", "tensor", "graph", "backend", "plan", "system")),
            Map.entry("dev.sluice.plan", uses("error", "tensor", "graph", "backend", "kernels", "simulate")),
            Map.entry("dev.sluice.simulate", uses("error", "tensor", "graph", "backend")),
            Map.entry("dev.sluice.stream", uses("error", "graph", "backend", "system", "trace")),
            Map.entry("dev.sluice.runtime", uses("error", "graph", "backend", "stream", "tokenizer", "trace")));

    private static String[] uses(String... packages) {
        return Arrays.stream(packages).map(p -> "dev.sluice." + p).toArray(String[]::new);
    }

    @TestFactory
    Stream<DynamicTest> everyPackageUsesOnlyWhatStandsBelowIt() {
        return ALLOWED.entrySet().stream()
                .map(e -> DynamicTest.dynamicTest(
                        e.getKey(),
                        () -> classes()
                                .that()
                                .resideInAPackage(e.getKey())
                                .should()
                                .onlyDependOnClassesThat(permitted(e.getKey(), e.getValue()))
                                .allowEmptyShould(false)
                                .check(CLASSES)));
    }

    private static DescribedPredicate<JavaClass> permitted(String self, String[] others) {
        DescribedPredicate<JavaClass> ours = resideInAPackage("dev.sluice..");
        DescribedPredicate<JavaClass> allowed = resideInAPackage(self);
        for (String other : others) {
            // Sub-packages are the owner's own business, except those named in their own right.
            allowed = allowed.or(resideInAPackage(other));
        }
        return DescribedPredicate.not(ours).or(allowed).as("itself, " + String.join(", ", others));
    }

    @Test
    void nothingUsesTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.sluice.cli..")
                .check(CLASSES);
    }

    @Test
    void nothingNamesABackend() {
        for (String backend : new String[] {"cpu", "opencl"}) {
            noClasses()
                    .that()
                    .resideOutsideOfPackage("dev.sluice.backend." + backend + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("dev.sluice.backend." + backend + "..")
                    .check(CLASSES);
        }
    }
}
