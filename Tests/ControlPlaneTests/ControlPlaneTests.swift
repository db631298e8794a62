import Testing

@Suite(.serialized) struct ControlPlaneTests {
    @Test func placeholder() {}
}
