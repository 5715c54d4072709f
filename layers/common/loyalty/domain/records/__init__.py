"""Reference data and programmes as they are imported: one model per record type, one record a line of JSON.

Field names are the contract's. A reference (`Ref`) names another record by its id or by any code of it that is unique.
The import keeps ids, so whatever reads a stored record finds ids only.
"""

from collections.abc import Mapping
from typing import get_args

from loyalty.domain.records import customers, organisation, products, rewards
from loyalty.domain.records.base import BaseRecord

RECORD_TYPES: Mapping[str, type[BaseRecord]] = {
    get_args(model.model_fields["type"].annotation)[0]: model
    for module in (organisation, products, customers, rewards)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, BaseRecord) and model is not BaseRecord
}
"""Record type by the name that a record's `type` has."""
