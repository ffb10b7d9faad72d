package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves a native object open. */
final class LeakCheck implements BeforeEachCallback, AfterEachCallback {
    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(LeakCheck.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(SPACE).put("before", LiveObjects.snapshot());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        assertEquals(context.getStore(SPACE).get("before"), LiveObjects.snapshot(), "open native objects by kind");
    }
}
