import KubernetesAPI
import Testing

@Suite struct QuantityTests {
    @Test("Quantities are compared by value, not by spelling")
    func comparesByValue() throws {
        #expect(Quantity("1000m") == Quantity("1"))
    }
}
